-- Rows are only ever added: what a signer bound, burned, cosigned or saw stays so.

CREATE TRIGGER pins_no_update BEFORE UPDATE ON pins
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: pins');
END;

CREATE TRIGGER pins_no_delete BEFORE DELETE ON pins
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: pins');
END;

CREATE TRIGGER keys_no_update BEFORE UPDATE ON keys
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: keys');
END;

CREATE TRIGGER keys_no_delete BEFORE DELETE ON keys
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: keys');
END;

CREATE TRIGGER certificates_no_update BEFORE UPDATE ON certificates
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: certificates');
END;

CREATE TRIGGER certificates_no_delete BEFORE DELETE ON certificates
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: certificates');
END;

CREATE TRIGGER conflict_keys_no_update BEFORE UPDATE ON conflict_keys
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: conflict_keys');
END;

CREATE TRIGGER conflict_keys_no_delete BEFORE DELETE ON conflict_keys
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: conflict_keys');
END;

CREATE TRIGGER settled_orders_no_update BEFORE UPDATE ON settled_orders
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: settled_orders');
END;

CREATE TRIGGER settled_orders_no_delete BEFORE DELETE ON settled_orders
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: settled_orders');
END;

CREATE TRIGGER customers_no_update BEFORE UPDATE ON customers
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: customers');
END;

CREATE TRIGGER customers_no_delete BEFORE DELETE ON customers
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: customers');
END;

CREATE TRIGGER movements_no_update BEFORE UPDATE ON movements
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: movements');
END;

CREATE TRIGGER movements_no_delete BEFORE DELETE ON movements
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: movements');
END;

CREATE TRIGGER authenticator_counters_no_update BEFORE UPDATE ON authenticator_counters
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: authenticator_counters');
END;

CREATE TRIGGER authenticator_counters_no_delete BEFORE DELETE ON authenticator_counters
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: authenticator_counters');
END;

CREATE TRIGGER nonces_no_update BEFORE UPDATE ON nonces
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: nonces');
END;

CREATE TRIGGER nonces_no_delete BEFORE DELETE ON nonces
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: nonces');
END;

CREATE TRIGGER nonce_uses_no_update BEFORE UPDATE ON nonce_uses
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: nonce_uses');
END;

CREATE TRIGGER nonce_uses_no_delete BEFORE DELETE ON nonce_uses
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: nonce_uses');
END;

CREATE TRIGGER cosigned_no_update BEFORE UPDATE ON cosigned
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: cosigned');
END;

CREATE TRIGGER cosigned_no_delete BEFORE DELETE ON cosigned
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: cosigned');
END;

CREATE TRIGGER freezes_no_update BEFORE UPDATE ON freezes
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: freezes');
END;

CREATE TRIGGER freezes_no_delete BEFORE DELETE ON freezes
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: freezes');
END;

CREATE TRIGGER lifted_freezes_no_update BEFORE UPDATE ON lifted_freezes
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: lifted_freezes');
END;

CREATE TRIGGER lifted_freezes_no_delete BEFORE DELETE ON lifted_freezes
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: lifted_freezes');
END;

CREATE TRIGGER sanctions_lists_no_update BEFORE UPDATE ON sanctions_lists
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: sanctions_lists');
END;

CREATE TRIGGER sanctions_lists_no_delete BEFORE DELETE ON sanctions_lists
BEGIN
    SELECT RAISE(ABORT, 'signer.append_only: sanctions_lists');
END;

-- A share is released once: a nonce is used only if its commitment was recorded before it left.
CREATE TRIGGER nonce_uses_after_commitment BEFORE INSERT ON nonce_uses
WHEN NOT EXISTS (SELECT 1 FROM nonces WHERE commitment = NEW.commitment)
BEGIN
    SELECT RAISE(ABORT, 'signer.nonce_unrecorded');
END;
