"""Keeps a Salesforce CRM and a Xero organisation in step: invoices go to Xero once, payments come back."""
