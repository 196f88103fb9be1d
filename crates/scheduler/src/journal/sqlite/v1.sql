-- Moments are milliseconds of the journal's own clock, `wall` seconds since 1970, for display only.
-- `sum` is over what the row says: a row that says something else makes the file unreadable.

-- One row: the clock's last moment, and how far it goes ahead of the time since boot.
CREATE TABLE clock (last INTEGER NOT NULL, ahead INTEGER NOT NULL, sum INTEGER NOT NULL);

-- When a cluster was noted the last time, and what it looked like, for when the daemon is down.
CREATE TABLE clusters (
    name TEXT PRIMARY KEY, last INTEGER NOT NULL, wall INTEGER NOT NULL, sum INTEGER NOT NULL,
    picture TEXT, picture_wall INTEGER
) WITHOUT ROWID;

-- What is remembered of a VM, as JSON.
CREATE TABLE vms (
    cluster TEXT NOT NULL, vmid INTEGER NOT NULL, record TEXT NOT NULL, sum INTEGER NOT NULL,
    PRIMARY KEY (cluster, vmid)
) WITHOUT ROWID;

-- Changes of which it is not known yet what became of them: written before they are asked for.
CREATE TABLE intents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, moment INTEGER NOT NULL, wall INTEGER NOT NULL,
    cluster TEXT NOT NULL, vmid INTEGER NOT NULL, node TEXT NOT NULL, step TEXT NOT NULL,
    identity TEXT, reason TEXT NOT NULL, sum INTEGER NOT NULL
);

-- Changes that ended, with all that the intent said.
CREATE TABLE outcomes (
    number INTEGER PRIMARY KEY, intent INTEGER NOT NULL, moment INTEGER NOT NULL,
    wall INTEGER NOT NULL, cluster TEXT NOT NULL, vmid INTEGER NOT NULL, node TEXT NOT NULL,
    step TEXT NOT NULL, identity TEXT, reason TEXT NOT NULL, kind TEXT NOT NULL,
    text TEXT NOT NULL, verified INTEGER NOT NULL, reverted INTEGER NOT NULL, duty INTEGER NOT NULL
);

-- Decisions that were other ones than before.
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY, moment INTEGER NOT NULL, wall INTEGER NOT NULL, cluster TEXT NOT NULL,
    vmid INTEGER NOT NULL, resource TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL
);

-- An administrator's orders to leave VMs alone, as JSON, and how they were taken back.
CREATE TABLE pauses (
    number INTEGER PRIMARY KEY AUTOINCREMENT, moment INTEGER NOT NULL, body TEXT NOT NULL,
    sum INTEGER NOT NULL, ended INTEGER, ended_wall INTEGER, ended_by INTEGER
);
