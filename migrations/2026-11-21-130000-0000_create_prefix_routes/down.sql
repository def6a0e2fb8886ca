DROP TRIGGER follow_routes ON routes;
DROP FUNCTION follow_routes();
DROP TABLE route_legs;
DROP TABLE prefix_routes;
