"""How drafts come to be and change: answers, own wording, releases, and findings about them."""
