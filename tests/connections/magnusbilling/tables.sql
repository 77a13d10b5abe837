-- The tables that are read, rewritten from their columns; and what the system does at each call.
CREATE TABLE pkg_user (
  id INT PRIMARY KEY AUTO_INCREMENT, id_user INT DEFAULT 1, id_group INT, id_plan INT,
  username VARCHAR(20), password VARCHAR(100), credit DECIMAL(15,4) NOT NULL DEFAULT 0,
  active INT NOT NULL DEFAULT 1, creationdate TIMESTAMP NULL DEFAULT NULL, firstname VARCHAR(50),
  lastname VARCHAR(50), typepaid INT, creditlimit INT, callingcard_pin INT, callshop CHAR(1),
  description TEXT
);
CREATE TABLE pkg_group_user (id INT PRIMARY KEY, name VARCHAR(50), id_user_type INT);
INSERT INTO pkg_group_user VALUES (1, 'Admin', 1), (2, 'Agent', 2), (3, 'Client', 3);
CREATE TABLE pkg_plan (id INT PRIMARY KEY AUTO_INCREMENT, id_user INT, name VARCHAR(50));
CREATE TABLE pkg_voucher (
  id INT PRIMARY KEY AUTO_INCREMENT, id_user INT, id_plan INT, usedate TIMESTAMP NULL, voucher INT,
  credit FLOAT, used INT
);
CREATE TABLE pkg_configuration (
  id INT PRIMARY KEY AUTO_INCREMENT, config_key VARCHAR(100), config_value VARCHAR(100)
);
INSERT INTO pkg_configuration (config_key, config_value)
VALUES ('base_currency', 'USD'), ('smtp_password', 'not to be read');
CREATE TABLE pkg_cdr (
  id BIGINT PRIMARY KEY AUTO_INCREMENT, id_user INT, uniqueid VARCHAR(40),
  starttime TIMESTAMP NULL DEFAULT NULL, sessiontime INT, calledstation VARCHAR(30),
  sessionbill FLOAT, sipiax INT DEFAULT 0, src VARCHAR(40), agent_bill DECIMAL(15,6) DEFAULT 0,
  buycost DECIMAL(15,6) DEFAULT 0
);
CREATE TABLE pkg_cdr_archive LIKE pkg_cdr;
CREATE TABLE pkg_refill (
  id INT PRIMARY KEY AUTO_INCREMENT, id_user INT, date TIMESTAMP NULL DEFAULT NULL,
  credit DECIMAL(15,5), description TEXT, payment INT
);
CREATE TABLE pkg_offer (
  id INT PRIMARY KEY AUTO_INCREMENT, id_user INT, label VARCHAR(70), packagetype INT,
  billingtype INT, startday INT, freetimetocall INT, price DECIMAL(15,3)
);
CREATE TABLE pkg_offer_use (
  id INT PRIMARY KEY AUTO_INCREMENT, id_user INT, id_offer INT,
  reservationdate TIMESTAMP NULL DEFAULT NULL, releasedate DATETIME, status INT, month_payed INT
);
CREATE TABLE pkg_services (
  id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(100), type VARCHAR(50), price DECIMAL(15,4),
  return_credit INT
);
CREATE TABLE pkg_services_use (
  id INT PRIMARY KEY AUTO_INCREMENT, id_user INT, id_services INT, reservationdate TIMESTAMP NULL,
  releasedate TIMESTAMP NULL, status INT, month_payed INT
);
CREATE TABLE pkg_did (
  id INT PRIMARY KEY AUTO_INCREMENT, id_user INT, did VARCHAR(30), fixrate DECIMAL(15,4),
  connection_charge DECIMAL(15,4)
);
CREATE TABLE pkg_did_use (
  id INT PRIMARY KEY AUTO_INCREMENT, id_user INT, id_did INT, reservationdate TIMESTAMP NULL,
  status INT, month_payed INT
);
DELIMITER //
CREATE TRIGGER charge_call AFTER INSERT ON pkg_cdr FOR EACH ROW BEGIN
  IF NEW.agent_bill > 0 THEN
    UPDATE pkg_user SET credit = credit - NEW.agent_bill WHERE id = NEW.id_user;
    UPDATE pkg_user a JOIN pkg_user u ON u.id_user = a.id SET a.credit = a.credit - NEW.sessionbill
    WHERE u.id = NEW.id_user;
  ELSE
    UPDATE pkg_user SET credit = credit - NEW.sessionbill WHERE id = NEW.id_user;
  END IF;
END//
DELIMITER ;
