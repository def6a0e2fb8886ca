DELETE FROM routes WHERE channel = 'push';
ALTER TABLE routes DROP CONSTRAINT routes_channel_check;
ALTER TABLE routes ADD CONSTRAINT routes_channel_check CHECK (channel IN ('sms', 'voice', 'email'));
