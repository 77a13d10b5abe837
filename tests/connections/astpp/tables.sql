-- The tables that are read, rewritten from their columns.
CREATE TABLE accounts (
  id INT PRIMARY KEY AUTO_INCREMENT, number VARCHAR(20), reseller_id INT, pricelist_id INT,
  reference VARCHAR(20), status INT, creation DATETIME, credit_limit DECIMAL(20,5),
  posttoexternal INT, balance DECIMAL(20,5), first_name VARCHAR(40), last_name VARCHAR(40),
  company_name VARCHAR(80), currency_id INT, dialed_modify TEXT, type INT, deleted INT,
  notify_flag INT, notify_email VARCHAR(80), invoice_interval INT, invoice_note TEXT,
  pin VARCHAR(20), first_used DATETIME, expiry DATETIME, charge_per_min VARCHAR(20),
  deleted_date DATETIME, std_cid_translation TEXT, did_cid_translation TEXT
);
INSERT INTO accounts (id, type, creation, balance, posttoexternal, deleted, reseller_id)
VALUES (1, -1, '2025-01-01', 0, 0, 0, 0);
CREATE TABLE `system` (
  id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(48), value VARCHAR(255), reseller_id INT
);
INSERT INTO `system` (name, value, reseller_id)
VALUES ('base_currency', 'USD', 0), ('base_currency', 'EUR', 20), ('smtp_pass', 'not to be read', 0);
CREATE TABLE pricelists (id INT PRIMARY KEY, name VARCHAR(30));
INSERT INTO pricelists VALUES (1, 'default');
CREATE TABLE products (
  id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50), country_id INT, description TEXT,
  product_category INT, price DECIMAL(20,5), setup_fee DECIMAL(20,5), billing_type INT,
  billing_days INT, applicable_for INT, apply_on_existing_account INT, apply_on_rategroups TEXT,
  destination_rategroups TEXT, destination_countries TEXT, destination_calltypes TEXT,
  release_no_balance INT, created_by INT, reseller_id INT
);
CREATE TABLE orders (
  id INT PRIMARY KEY AUTO_INCREMENT, order_id VARCHAR(20), parent_order_id INT,
  order_generated_by INT, payment_gateway VARCHAR(20), payment_status VARCHAR(20), accountid INT,
  reseller_id INT, ip VARCHAR(20), order_date DATETIME
);
CREATE TABLE order_items (
  id INT PRIMARY KEY AUTO_INCREMENT, order_id INT, product_category INT, product_id INT,
  quantity INT, price DECIMAL(20,5), setup_fee DECIMAL(20,5), billing_type INT, accountid INT,
  reseller_id INT, billing_date DATETIME, next_billing_date DATETIME, termination_date DATETIME,
  termination_note TEXT, from_currency VARCHAR(3), to_currency VARCHAR(3)
);
CREATE TABLE invoice_details (
  id INT PRIMARY KEY AUTO_INCREMENT, accountid INT, order_item_id INT, charge_type VARCHAR(20),
  is_tax INT DEFAULT 0, base_currency VARCHAR(3), account_currency VARCHAR(3),
  exchange_rate DECIMAL(20,5), description VARCHAR(255), debit DECIMAL(20,5) DEFAULT 0,
  credit DECIMAL(20,5) DEFAULT 0, created_date DATETIME, before_balance DECIMAL(20,5),
  after_balance DECIMAL(20,5)
);
CREATE TABLE cdrs (
  uniqueid VARCHAR(60), accountid INT, callerid VARCHAR(30), callednum VARCHAR(30),
  translated_dst VARCHAR(30), billseconds INT, callstart DATETIME, debit DECIMAL(20,6),
  pattern TEXT, notes TEXT, reseller_code TEXT, provider_code TEXT, provider_code_destination TEXT,
  provider_call_cost DECIMAL(20,6), call_direction VARCHAR(10), calltype VARCHAR(20)
);
CREATE TABLE reseller_cdrs (
  uniqueid VARCHAR(60), accountid INT, callednum VARCHAR(30), translated_dst VARCHAR(30),
  billseconds INT, callstart DATETIME, debit DECIMAL(20,6), pattern TEXT, notes TEXT,
  call_direction VARCHAR(10), country_id INT, trunk_id INT, calltype VARCHAR(20) DEFAULT 'STANDARD'
);
CREATE TABLE payment_transaction (
  id INT PRIMARY KEY AUTO_INCREMENT, accountid INT, amount DECIMAL(20,5), tax VARCHAR(20),
  payment_method VARCHAR(20), actual_amount DECIMAL(20,5), transaction_id VARCHAR(20),
  customer_ip VARCHAR(20), user_currency VARCHAR(3), currency_rate DECIMAL(20,5),
  transaction_details TEXT, date DATETIME
);
