"""What tests share: a brute-force reading, ledgers, servers, processes that are killed."""
