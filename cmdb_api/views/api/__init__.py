"""The JSON API, one blueprint a resource."""
