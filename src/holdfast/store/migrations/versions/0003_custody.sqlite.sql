-- What was signed, and what was approved, stays as it is.

CREATE TRIGGER draft_signed_fixed BEFORE UPDATE OF signed ON draft
WHEN OLD.signed IS NOT NULL AND NEW.signed IS NOT OLD.signed
BEGIN
    SELECT RAISE(ABORT, 'custody.fixed: draft.signed');
END;

CREATE TRIGGER draft_unsigned_fixed BEFORE UPDATE OF unsigned ON draft
WHEN NEW.unsigned IS NOT OLD.unsigned
BEGIN
    SELECT RAISE(ABORT, 'custody.fixed: draft.unsigned');
END;

CREATE TRIGGER payout_body_fixed BEFORE UPDATE OF body ON payout
WHEN NEW.body IS NOT OLD.body
BEGIN
    SELECT RAISE(ABORT, 'custody.fixed: payout.body');
END;

CREATE TRIGGER withdrawal_signed_order_fixed BEFORE UPDATE OF signed_order ON withdrawal
WHEN NEW.signed_order IS NOT OLD.signed_order
BEGIN
    SELECT RAISE(ABORT, 'custody.fixed: withdrawal.signed_order');
END;
