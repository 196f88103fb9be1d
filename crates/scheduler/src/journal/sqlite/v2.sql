-- The VMs of a cluster's picture, some a row, as JSON: all of thousands at once would take more
-- memory than all else that is remembered of them. What `clusters` has of it is the rest.
CREATE TABLE pictures (
    cluster TEXT NOT NULL, part INTEGER NOT NULL, vms TEXT NOT NULL,
    PRIMARY KEY (cluster, part)
);

-- What the VMs of a cluster used in the time before `moment`, all of them in one row.
CREATE TABLE samples (
    id INTEGER PRIMARY KEY, moment INTEGER NOT NULL, wall INTEGER NOT NULL, cluster TEXT NOT NULL,
    seconds INTEGER NOT NULL, body BLOB NOT NULL, sum INTEGER NOT NULL,
    UNIQUE (cluster, moment)
);
