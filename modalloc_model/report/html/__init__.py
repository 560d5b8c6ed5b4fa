"""The report as one HTML page: `views` prepares each table, `page` writes the page."""
