DROP TABLE safe_numbers;
DROP TABLE messaging_configurations;
