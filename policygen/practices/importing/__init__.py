"""Locations from spreadsheets and into them.

``reading`` makes a table of a file, ``planning`` says what the table would change, ``writing`` does
it, and ``exporting`` makes files of what is there. Nothing is written before somebody saw the plan.
"""
