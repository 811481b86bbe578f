"""E-mail: letters filled in from templates, and the way they leave. The only room that speaks SMTP."""
