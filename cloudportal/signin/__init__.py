"""The door that people come in by: django-allauth, with the portal's rules in its adapters, forms and pages."""
