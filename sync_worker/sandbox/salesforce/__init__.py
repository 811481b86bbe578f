"""A pretend Salesforce org: the REST API, SOQL and the platform's save rules over rows kept in memory."""
