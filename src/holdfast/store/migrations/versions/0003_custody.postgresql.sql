-- What was signed, and what was approved, stays as it is.
CREATE FUNCTION custody_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'custody.fixed: %.%', TG_TABLE_NAME, TG_ARGV[0];
END
$$;

CREATE TRIGGER draft_signed_fixed BEFORE UPDATE OF signed ON draft FOR EACH ROW
WHEN (OLD.signed IS NOT NULL AND NEW.signed IS DISTINCT FROM OLD.signed)
EXECUTE FUNCTION custody_fixed('signed');

CREATE TRIGGER draft_unsigned_fixed BEFORE UPDATE OF unsigned ON draft FOR EACH ROW
WHEN (NEW.unsigned IS DISTINCT FROM OLD.unsigned)
EXECUTE FUNCTION custody_fixed('unsigned');

CREATE TRIGGER payout_body_fixed BEFORE UPDATE OF body ON payout FOR EACH ROW
WHEN (NEW.body IS DISTINCT FROM OLD.body)
EXECUTE FUNCTION custody_fixed('body');

CREATE TRIGGER withdrawal_signed_order_fixed BEFORE UPDATE OF signed_order ON withdrawal FOR EACH ROW
WHEN (NEW.signed_order IS DISTINCT FROM OLD.signed_order)
EXECUTE FUNCTION custody_fixed('signed_order');
