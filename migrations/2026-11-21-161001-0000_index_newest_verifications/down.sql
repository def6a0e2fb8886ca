DROP INDEX verifications_newest;
