-- Run once by who looks after the database of a team: what sharing needs, and the group whose members may share.
-- Each person then gets a name of their own:  CREATE ROLE ana LOGIN PASSWORD '…' IN ROLE ctse;
CREATE EXTENSION IF NOT EXISTS vector;
CREATE ROLE ctse NOLOGIN;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO ctse', current_database()); END $$;
