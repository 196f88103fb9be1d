PRAGMA application_id = 1986879859;
PRAGMA user_version = 3;
BEGIN TRANSACTION;
CREATE TABLE clock (last INTEGER NOT NULL, ahead INTEGER NOT NULL, sum INTEGER NOT NULL);
INSERT INTO "clock" VALUES(1003000,0,-1092061548050902635);
CREATE TABLE clusters (
    name TEXT PRIMARY KEY, last INTEGER NOT NULL, wall INTEGER NOT NULL, sum INTEGER NOT NULL,
    picture TEXT, picture_wall INTEGER
) WITHOUT ROWID;
INSERT INTO "clusters" VALUES('lab',1003000,1800000000,-4797445627302600316,'{"name":"lab","answered_by":"pve1","problem":null,"paused":null,"looks":7,"look_ms":3,"nodes":[],"vms":[],"pools_known":false,"undecided":0}',1800000000);
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY, moment INTEGER NOT NULL, wall INTEGER NOT NULL, cluster TEXT NOT NULL,
    vmid INTEGER NOT NULL, resource TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL
);
INSERT INTO "decisions" VALUES(1,1003000,1800000000,'lab',101,'cpu','hold','idle');
INSERT INTO "decisions" VALUES(2,1003000,1800000000,'lab',102,'cpu','hold','busy');
CREATE TABLE intents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, moment INTEGER NOT NULL, wall INTEGER NOT NULL,
    cluster TEXT NOT NULL, vmid INTEGER NOT NULL, node TEXT NOT NULL, step TEXT NOT NULL,
    identity TEXT, reason TEXT NOT NULL, sum INTEGER NOT NULL
);
INSERT INTO "intents" VALUES(3,1002000,1800000000,'lab',103,'pve1','{"resource":"memory","from":2048,"to":4096}','{"Generation":"g-1"}','memory 91 % > 85 %',-1739218473488337558);
CREATE TABLE outcomes (
    number INTEGER PRIMARY KEY, intent INTEGER NOT NULL, moment INTEGER NOT NULL,
    wall INTEGER NOT NULL, cluster TEXT NOT NULL, vmid INTEGER NOT NULL, node TEXT NOT NULL,
    step TEXT NOT NULL, identity TEXT, reason TEXT NOT NULL, kind TEXT NOT NULL,
    text TEXT NOT NULL, verified INTEGER NOT NULL, reverted INTEGER NOT NULL, duty INTEGER NOT NULL
, asked INTEGER);
INSERT INTO "outcomes" VALUES(1,1,1001000,1800000000,'lab',101,'pve1','{"resource":"memory","from":2048,"to":4096}','{"Generation":"g-1"}','memory 91 % > 85 %','verified','verified (memory 91 % > 85 %)',1,0,0,1000000);
INSERT INTO "outcomes" VALUES(2,2,1001000,1800000000,'lab',102,'pve1','{"resource":"memory","from":2048,"to":4096}','{"Generation":"g-1"}','memory 91 % > 85 %','verified','verified (memory 91 % > 85 %)',1,0,0,1000000);
CREATE TABLE pauses (
    number INTEGER PRIMARY KEY AUTOINCREMENT, moment INTEGER NOT NULL, body TEXT NOT NULL,
    sum INTEGER NOT NULL, ended INTEGER, ended_wall INTEGER, ended_by INTEGER
);
INSERT INTO "pauses" VALUES(1,1000000,'{"number":1,"select":["101","@tag-web"],"reason":"a migration","uid":1000,"at":1800000000,"until":null}',8827929494040513583,NULL,NULL,NULL);
CREATE TABLE pictures (
    cluster TEXT NOT NULL, part INTEGER NOT NULL, vms TEXT NOT NULL,
    PRIMARY KEY (cluster, part)
);
INSERT INTO "pictures" VALUES('lab',0,'[{"vmid":101,"name":"web","node":"pve1","tags":[],"pool":null,"mode":"full","vcpus":2,"memory":2048,"cpu_used":null,"memory_used":null,"cpu":"idle","memory_decision":"idle","vcpus_bounds":null,"memory_bounds":null,"schedules":[],"sample_age":null,"cpu_since":null,"memory_since":null,"blocked":[false,false],"last":null}]');
CREATE TABLE samples (
    id INTEGER PRIMARY KEY, moment INTEGER NOT NULL, wall INTEGER NOT NULL, cluster TEXT NOT NULL,
    seconds INTEGER NOT NULL, body BLOB NOT NULL, sum INTEGER NOT NULL,
    UNIQUE (cluster, moment)
);
INSERT INTO "samples" VALUES(1,1003000,1800001003,'lab',300,X'0165070000003CDC0B32023CA0066480100109000000003CA006648010',-2638666559246999796);
CREATE TABLE vms (
    cluster TEXT NOT NULL, vmid INTEGER NOT NULL, record TEXT NOT NULL, sum INTEGER NOT NULL,
    PRIMARY KEY (cluster, vmid)
) WITHOUT ROWID;
INSERT INTO "vms" VALUES('lab',101,'{"identity":null,"planner":{"size":null,"resized":800000,"fights":0,"ours":null,"started":null,"checked":null,"met":null,"most":[0,0],"limit":null,"futile":0,"futile_since":null,"memory_shrunk":null,"memory_floor":null,"cpu":{"failures":1,"low":0,"changed":900000,"taken":null,"unplugs":{"times":0,"last":null},"caps":{"times":0,"last":null},"refusals":0,"qemu":null},"memory":{"failures":0,"low":0,"changed":null,"taken":null,"unplugs":{"times":0,"last":null},"caps":{"times":0,"last":null},"refusals":0,"qemu":null}},"duty":{"step":{"resource":"memory","from":2048,"to":4096},"until":1500000},"compare":null,"quarantine":[null,null],"standing":[{"kind":"","since":0},{"kind":"","since":0}],"last":null}',6136560575718003169);
INSERT INTO "vms" VALUES('lab',102,'{"identity":null,"planner":{"size":null,"resized":800000,"fights":0,"ours":null,"started":null,"checked":null,"met":null,"most":[0,0],"limit":null,"futile":0,"futile_since":null,"memory_shrunk":null,"memory_floor":null,"cpu":{"failures":2,"low":0,"changed":900000,"taken":null,"unplugs":{"times":0,"last":null},"caps":{"times":0,"last":null},"refusals":0,"qemu":null},"memory":{"failures":0,"low":0,"changed":null,"taken":null,"unplugs":{"times":0,"last":null},"caps":{"times":0,"last":null},"refusals":0,"qemu":null}},"duty":{"step":{"resource":"memory","from":2048,"to":4096},"until":1500000},"compare":null,"quarantine":[null,null],"standing":[{"kind":"","since":0},{"kind":"","since":0}],"last":null}',2840937697363156443);
CREATE INDEX outcomes_of_vm ON outcomes (vmid, wall);
CREATE INDEX decisions_of_vm ON decisions (vmid, wall);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('intents',3);
INSERT INTO "sqlite_sequence" VALUES('pauses',1);
COMMIT;
