"""``python -m bench``: every measurement, one after the other. See docs/performance.md."""

from bench import documents, impact, pages, pdf, proving, public, publishing, review

documents.compare_examples()
print()
documents.grow()
print()
impact.main()
print()
pages.main()
print()
public.main()
print()
pdf.main()
print()
publishing.main()
print()
proving.main()
print()
review.main()
