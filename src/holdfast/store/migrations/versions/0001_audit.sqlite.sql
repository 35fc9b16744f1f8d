-- The log only grows. An insert may not replace a row either: INSERT OR REPLACE deletes unseen where
-- recursive_triggers is off.

CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;

CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;

CREATE TRIGGER audit_node_no_update BEFORE UPDATE ON audit_node
BEGIN SELECT RAISE(ABORT, 'audit_node is append-only'); END;

CREATE TRIGGER audit_node_no_delete BEFORE DELETE ON audit_node
BEGIN SELECT RAISE(ABORT, 'audit_node is append-only'); END;

CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint
BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END;

CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint
BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END;

CREATE TRIGGER audit_cosignature_no_update BEFORE UPDATE ON audit_cosignature
BEGIN SELECT RAISE(ABORT, 'audit_cosignature is append-only'); END;

CREATE TRIGGER audit_cosignature_no_delete BEFORE DELETE ON audit_cosignature
BEGIN SELECT RAISE(ABORT, 'audit_cosignature is append-only'); END;

CREATE TRIGGER audit_head_counts BEFORE UPDATE ON audit_head
WHEN NEW.id <> OLD.id OR NEW.size <> OLD.size + 1
BEGIN SELECT RAISE(ABORT, 'audit_head counts up by one'); END;

CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit_head is never deleted'); END;

CREATE TRIGGER audit_head_no_insert BEFORE INSERT ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit_head is one row'); END;

CREATE TRIGGER audit_entry_follows BEFORE INSERT ON audit_entry
WHEN NEW.sequence <> (SELECT coalesce(max(sequence) + 1, 0) FROM audit_entry)
BEGIN SELECT RAISE(ABORT, 'audit_entry: entries follow one another without gaps'); END;

CREATE TRIGGER audit_node_new BEFORE INSERT ON audit_node
WHEN EXISTS (SELECT 1 FROM audit_node WHERE level = NEW.level AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'audit_node is append-only'); END;

CREATE TRIGGER audit_checkpoint_grows BEFORE INSERT ON audit_checkpoint
WHEN NEW.size <= (SELECT coalesce(max(size), -1) FROM audit_checkpoint)
  OR NEW.size > (SELECT size FROM audit_head)
BEGIN SELECT RAISE(ABORT, 'audit_checkpoint: checkpoints grow, within the log'); END;

CREATE TRIGGER audit_cosignature_new BEFORE INSERT ON audit_cosignature
WHEN EXISTS (SELECT 1 FROM audit_cosignature WHERE size = NEW.size AND name = NEW.name)
  OR NOT EXISTS (SELECT 1 FROM audit_checkpoint WHERE size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'audit_cosignature: one of each cosigner, for a signed checkpoint'); END;
