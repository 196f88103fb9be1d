-- When the change was intended, by `moment`'s clock; nothing of changes of before this version.
ALTER TABLE outcomes ADD COLUMN asked INTEGER;

-- A fleet's decisions are millions of rows, and most questions are about one VM.
CREATE INDEX outcomes_of_vm ON outcomes (vmid, wall);
CREATE INDEX decisions_of_vm ON decisions (vmid, wall);
