-- A roster that this signer adopted stays as it is, and what it knows of destinations. What waits on its page does not: it ends with its time.

CREATE TRIGGER rosters_no_update BEFORE UPDATE ON rosters
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: rosters');
END;

CREATE TRIGGER rosters_no_delete BEFORE DELETE ON rosters
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: rosters');
END;

CREATE TRIGGER destinations_no_update BEFORE UPDATE ON destinations
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: destinations');
END;

CREATE TRIGGER destinations_no_delete BEFORE DELETE ON destinations
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: destinations');
END;

CREATE TRIGGER roster_readies_no_update BEFORE UPDATE ON roster_readies
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: roster_readies');
END;

CREATE TRIGGER roster_readies_no_delete BEFORE DELETE ON roster_readies
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: roster_readies');
END;
