"""The data model: five tables, periods, currencies, rates, blocks and cells."""
