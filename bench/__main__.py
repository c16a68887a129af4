"""``python -m bench``: every measurement, one after the other. See docs/performance.md."""

from bench import documents, impact, pages, pdf

documents.compare_examples()
print()
documents.grow()
print()
impact.main()
print()
pages.main()
print()
pdf.main()
