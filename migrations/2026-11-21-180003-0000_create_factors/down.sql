DROP TABLE challenges;
DROP TABLE factors;
DROP TABLE entities;
