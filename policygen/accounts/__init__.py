"""How people sign up and sign in: what the site asks of django-allauth, and its pages."""
