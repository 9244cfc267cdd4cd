"""The routes, one module for each area. Each has `register(api)`, and `admin_api.app` names it."""
