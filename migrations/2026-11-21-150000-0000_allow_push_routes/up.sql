-- Push messages have routes too. What runs already knows three channels and writes no others.
ALTER TABLE routes DROP CONSTRAINT routes_channel_check;
ALTER TABLE routes ADD CONSTRAINT routes_channel_check CHECK (channel IN ('sms', 'voice', 'email', 'push'));
