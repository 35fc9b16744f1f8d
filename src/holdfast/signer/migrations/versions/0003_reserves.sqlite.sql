-- A venue must not have two books for one epoch: what was attested stays so.

CREATE TRIGGER attested_epochs_no_update BEFORE UPDATE ON attested_epochs
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: attested_epochs');
END;

CREATE TRIGGER attested_epochs_no_delete BEFORE DELETE ON attested_epochs
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: attested_epochs');
END;
