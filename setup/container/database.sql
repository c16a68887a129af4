-- Run once, by the container of PostgreSQL, when its volume is new: the site's role owns its own
-- database and is no superuser.
\set password `cat /run/secrets/database_password`
CREATE ROLE policygen LOGIN PASSWORD :'password';
CREATE DATABASE policygen OWNER policygen TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
