// Agreement checks what Holdfast's audit log produced with Go's own transparency log packages, and signs a
// checkpoint with them for Holdfast to check in turn.
//
//	go run . INPUT.json OUTPUT.json
//
// It exits 0 only if every checkpoint, cosignature and proof of the input verifies, and every one that the input
// marks as false does not.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	checkpoint "github.com/transparency-dev/formats/log"
	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const algorithmEd25519 = 1

type cosigner struct {
	Name      string `json:"name"`
	PublicKey []byte `json:"public_key"`
}

type input struct {
	Origin      string     `json:"origin"`
	PublicKey   []byte     `json:"public_key"`
	Seed        []byte     `json:"seed"`
	Cosigners   []cosigner `json:"cosigners"`
	Entries     [][]byte   `json:"entries"`
	Notes       []string   `json:"notes"` // one for each size, from 0
	FalseNotes  []string   `json:"false_notes"`
	CosignedAt  int64      `json:"cosigned_at_s"`
	Inclusion   []proof    `json:"inclusion"`
	Consistency []proof    `json:"consistency"`
}

// A proof that the entry or the tree Old is in the tree of New entries.
type proof struct {
	Old    int64    `json:"old"`
	New    int64    `json:"new"`
	Hashes [][]byte `json:"hashes"`
	False  bool     `json:"false"`
}

func main() {
	if len(os.Args) != 3 {
		fail("usage: agreement INPUT.json OUTPUT.json")
	}
	var given input
	content, err := os.ReadFile(os.Args[1])
	require(err, "reading the input")
	require(json.Unmarshal(content, &given), "parsing the input")

	logVerifier, cosigners := verifiers(given)
	roots := openNotes(given, logVerifier, cosigners)
	checkProofs(given, roots)

	answer, err := json.Marshal(map[string]string{"note": signNote(given)})
	require(err, "encoding the output")
	require(os.WriteFile(os.Args[2], answer, 0o600), "writing the output")
}

func verifiers(given input) (note.Verifier, []note.Verifier) {
	vkey, err := note.NewEd25519VerifierKey(given.Origin, given.PublicKey)
	require(err, "the log's key")
	logVerifier, err := note.NewVerifier(vkey)
	require(err, "the log's key")
	var cosigners []note.Verifier
	for _, each := range given.Cosigners {
		vkey, err := note.NewEd25519VerifierKey(each.Name, each.PublicKey)
		require(err, "a cosigner's key")
		verifier, err := cosignature.NewVerifierForCosignatureV1(vkey)
		require(err, "a cosigner's key")
		cosigners = append(cosigners, verifier)
	}
	return logVerifier, cosigners
}

func openNotes(given input, logVerifier note.Verifier, cosigners []note.Verifier) []tlog.Hash {
	var roots []tlog.Hash
	for size, text := range given.Notes {
		state, rest, opened, err := checkpoint.ParseCheckpoint([]byte(text), given.Origin, logVerifier, cosigners...)
		require(err, fmt.Sprintf("the checkpoint of %d entries", size))
		if state.Size != uint64(size) || len(state.Hash) != tlog.HashSize || len(rest) != 0 {
			fail("the checkpoint of %d entries says something else", size)
		}
		if len(opened.Sigs) != 1+len(cosigners) {
			fail("the checkpoint of %d entries: %d signatures verify", size, len(opened.Sigs))
		}
		for _, signature := range opened.Sigs[1:] {
			at, err := cosignature.CoSigV1Timestamp(signature)
			require(err, "a cosignature's time")
			if at.Unix() != given.CosignedAt {
				fail("a cosignature's time is %d", at.Unix())
			}
		}
		roots = append(roots, tlog.Hash(state.Hash))
	}
	for _, text := range given.FalseNotes {
		if _, _, _, err := checkpoint.ParseCheckpoint([]byte(text), given.Origin, logVerifier, cosigners...); err == nil {
			fail("a false note was opened:\n%s", text)
		}
	}
	return roots
}

func checkProofs(given input, roots []tlog.Hash) {
	for _, each := range given.Inclusion {
		leaf := tlog.RecordHash(given.Entries[each.Old])
		err := tlog.CheckRecord(tlog.RecordProof(hashes(each)), each.New, roots[each.New], each.Old, leaf)
		judge(each, err, "inclusion")
	}
	for _, each := range given.Consistency {
		err := tlog.CheckTree(tlog.TreeProof(hashes(each)), each.New, roots[each.New], each.Old, roots[each.Old])
		judge(each, err, "consistency")
	}
}

func hashes(each proof) []tlog.Hash {
	var converted []tlog.Hash
	for _, hash := range each.Hashes {
		converted = append(converted, tlog.Hash(hash))
	}
	return converted
}

func judge(each proof, err error, kind string) {
	if (err != nil) != each.False {
		fail("the %s proof from %d to %d (false: %t): %v", kind, each.Old, each.New, each.False, err)
	}
}

// signNote signs and cosigns the last checkpoint with the given seed, as a log and as a cosigner of its own name.
func signNote(given input) string {
	verifier, _ := verifiers(given)
	last, err := note.Open([]byte(given.Notes[len(given.Notes)-1]), note.VerifierList(verifier))
	require(err, "opening the last note")
	key := base64.StdEncoding.EncodeToString(append([]byte{algorithmEd25519}, given.Seed...))
	skey := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", given.Origin, verifier.KeyHash(), key)
	signer, err := note.NewSigner(skey)
	require(err, "the log's private key")
	cosigner, err := cosignature.NewSignerForCosignatureV1(skey)
	require(err, "the log's private key, as a cosigner's")
	signed, err := note.Sign(&note.Note{Text: last.Text}, signer, cosigner)
	require(err, "signing")
	return string(signed)
}

func require(err error, doing string) {
	if err != nil {
		fail("%s: %v", doing, err)
	}
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}
