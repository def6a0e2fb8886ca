DROP FUNCTION webhook_room();
DROP TABLE webhook_attempts;
DROP TABLE webhook_messages;
DROP FUNCTION count_webhook_backlog();
