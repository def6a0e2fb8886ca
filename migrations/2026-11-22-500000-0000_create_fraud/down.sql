DROP TRIGGER bump_config_version ON safe_numbers;
DROP TABLE fraud_decisions;
DROP TABLE fraud_lists;
DROP TABLE fraud_rules;
