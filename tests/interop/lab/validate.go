package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"tailscale.com/tailcfg"
)

// TaggedDevices is the pseudo user that owns tagged nodes.
const TaggedDevices tailcfg.UserID = 2147455555

// validator finds in a message what a client would pass over in silence,
// stumble over or pay dearly for.  It remembers what it needs of the messages
// before; the view is the client's before the message.
type validator struct {
	router    bool // its Node may come again: see Device.Router
	started   bool
	keepAlive int               // compressed length of an exact {"KeepAlive":true}
	lengths   map[int]bool      // compressed lengths of all other messages
	fields    map[string]string // last value of the fields that are costly to repeat
	stableIDs map[tailcfg.NodeID]tailcfg.StableNodeID
}

type complaints []string

func (c *complaints) addf(format string, args ...any) { *c = append(*c, fmt.Sprintf(format, args...)) }

// message decodes m.Map and lists what is wrong with the message.
func (v *validator) message(view *View, m *rawMessage) (bad complaints) {
	if v.lengths == nil {
		v.lengths, v.fields = map[int]bool{}, map[string]string{}
		v.stableIDs = map[tailcfg.NodeID]tailcfg.StableNodeID{}
	}
	m.Map = new(tailcfg.MapResponse)
	dec := json.NewDecoder(bytes.NewReader(m.JSON))
	dec.DisallowUnknownFields()
	if err := dec.Decode(m.Map); err != nil {
		bad.addf("does not decode: %v", err)
		return bad
	}
	checkJSON(&bad, m.JSON)
	if len(m.wire) != len(m.JSON) {
		checkFrames(&bad, m.wire)
	}
	v.keepAliveLength(&bad, m)
	if m.Map.KeepAlive {
		return bad
	}
	if m.Map.Node != nil && m.Map.DERPMap != nil && m.Map.DNSConfig != nil {
		v.started = false // a whole new map, and all costs that it has
		clear(v.fields)
	}
	if !v.started {
		v.first(&bad, m.Map)
	}
	v.repeated(&bad, m.JSON)
	v.peers(&bad, view, m.Map)
	checkFilters(&bad, m.Map)
	if d := m.Map.Debug; d != nil && (d.Exit != nil || d.SleepSeconds != 0) {
		bad.addf("Debug tells the client to exit or sleep")
	}
	if ct := m.Map.ControlTime; ct != nil && time.Since(*ct).Abs() > time.Minute {
		bad.addf("ControlTime is off by %v", time.Since(*ct))
	}
	v.started = true
	return bad
}

// keepAliveLength: a client mistakes a message for a keep-alive if both have
// the same length on the wire and the keep-alive has no byte too many.
func (v *validator) keepAliveLength(bad *complaints, m *rawMessage) {
	if string(m.JSON) == `{"KeepAlive":true}` {
		v.keepAlive = m.OnWire
	} else if !m.Map.KeepAlive {
		v.lengths[m.OnWire] = true
	}
	if v.lengths[v.keepAlive] {
		bad.addf("%d bytes are the length of a keep-alive and of a message", v.keepAlive)
	}
}

func (v *validator) first(bad *complaints, m *tailcfg.MapResponse) {
	if m.Node == nil {
		bad.addf("the first message has no Node")
		return
	}
	if m.DERPMap == nil || len(m.DERPMap.Regions) == 0 {
		bad.addf("the first message has no DERP region")
	}
	if m.PacketFilter == nil && len(m.PacketFilters) == 0 {
		bad.addf("the first message has no packet filter: everything would be denied")
	}
	if m.ControlTime == nil {
		bad.addf("the first message has no ControlTime")
	}
	if m.DNSConfig == nil {
		bad.addf("the first message has no DNSConfig")
	}
	if len(m.PeersChanged)+len(m.PeersChangedPatch) > 0 {
		bad.addf("a whole map has changes of peers")
	}
	if !slices.IsSortedFunc(m.Peers, func(a, b *tailcfg.Node) int { return int(a.ID - b.ID) }) {
		bad.addf("Peers is not sorted by ID")
	}
}

// repeated: a field of these that comes again, even unchanged, makes the
// client rebuild all it has.
func (v *validator) repeated(bad *complaints, text []byte) {
	var raw map[string]json.RawMessage
	if json.Unmarshal(text, &raw) != nil {
		return
	}
	for _, name := range []string{"Node", "DNSConfig", "DERPMap", "Domain", "SSHPolicy"} {
		value, ok := raw[name]
		if !ok {
			continue
		}
		_, profiles := raw["UserProfiles"]
		if name == "Domain" && profiles {
			continue // the only way to make a client show a user's new name
		}
		if name == "Node" && v.router {
			continue
		}
		if last, seen := v.fields[name]; seen && last == string(value) {
			bad.addf("%s is sent again although nothing in it has changed", name)
		}
		v.fields[name] = string(value)
	}
	if _, ok := raw["Peers"]; ok && v.started {
		bad.addf("Peers after the first message")
	}
}

// peers checks all that concerns peers: which may be named, how often and how.
func (v *validator) peers(bad *complaints, view *View, m *tailcfg.MapResponse) {
	v.oneFieldPerPeer(bad, m)
	held := map[tailcfg.NodeID]*tailcfg.Node{}
	for id, p := range view.Peers {
		held[id] = p
	}
	for _, id := range m.PeersRemoved {
		if held[id] == nil {
			bad.addf("PeersRemoved names %d, which the client does not hold", id)
		}
		delete(held, id)
	}
	profiles := map[tailcfg.UserID]bool{}
	for _, u := range m.UserProfiles {
		if u.ID == 0 || u.LoginName == "" {
			bad.addf("UserProfile %+v says too little", u)
		}
		profiles[u.ID] = true
	}
	self := view.Self
	if m.Node != nil {
		self = m.Node
		checkNode(bad, "Node", self)
		if !profiles[self.User] && view.Profiles[self.User].ID == 0 {
			bad.addf("Node belongs to user %d, whose profile is not there", self.User)
		}
	}
	for _, p := range slices.Concat(m.Peers, m.PeersChanged) {
		v.upsert(bad, held[p.ID], p)
		if !profiles[p.User] {
			bad.addf("peer %d comes without the profile of its user %d", p.ID, p.User)
		}
		held[p.ID] = p
	}
	for _, c := range m.PeersChangedPatch {
		v.patch(bad, held[c.NodeID], c)
	}
	for id := range m.OnlineChange {
		if held[id] == nil {
			bad.addf("OnlineChange names %d, which the client does not hold", id)
		}
	}
	for id := range m.PeerSeenChange {
		if held[id] == nil {
			bad.addf("PeerSeenChange names %d, which the client does not hold", id)
		}
	}
	checkTogether(bad, self, held)
}

// oneFieldPerPeer: the client's two copies of its state apply the fields of a
// message in different orders.
func (v *validator) oneFieldPerPeer(bad *complaints, m *tailcfg.MapResponse) {
	in := map[tailcfg.NodeID]string{}
	name := func(field string, id tailcfg.NodeID) {
		if was, twice := in[id]; twice {
			bad.addf("peer %d is in %s and in %s", id, was, field)
		}
		if m.Node != nil && m.Node.ID == id {
			bad.addf("the node itself is in %s", field)
		}
		in[id] = field
	}
	for _, p := range m.Peers {
		name("Peers", p.ID)
	}
	for _, p := range m.PeersChanged {
		name("PeersChanged", p.ID)
	}
	for _, id := range m.PeersRemoved {
		name("PeersRemoved", id)
	}
	for _, c := range m.PeersChangedPatch {
		name("PeersChangedPatch", c.NodeID)
	}
	for id := range m.OnlineChange {
		name("OnlineChange", id)
	}
	for id := range m.PeerSeenChange {
		name("PeerSeenChange", id)
	}
}

func (v *validator) upsert(bad *complaints, old, p *tailcfg.Node) {
	checkNode(bad, fmt.Sprintf("peer %d", p.ID), p)
	if was, seen := v.stableIDs[p.ID]; seen && was != p.StableID {
		bad.addf("peer %d changes its StableID from %s to %s", p.ID, was, p.StableID)
	}
	v.stableIDs[p.ID] = p.StableID
	if p.Online == nil {
		bad.addf("peer %d has no Online: a later change would be lost", p.ID)
	} else if !*p.Online && p.LastSeen == nil {
		bad.addf("peer %d is offline and has no LastSeen", p.ID)
	}
	if old != nil && len(old.Endpoints) > 0 && p.Endpoints == nil {
		bad.addf("peer %d comes without Endpoints: the client keeps the old ones", p.ID)
	}
	if old != nil && old.HomeDERP != 0 && p.HomeDERP == 0 {
		bad.addf("peer %d comes without HomeDERP: the client keeps the old one", p.ID)
	}
}

func (v *validator) patch(bad *complaints, old *tailcfg.Node, c *tailcfg.PeerChange) {
	if old == nil {
		bad.addf("PeersChangedPatch names %d, which the client does not hold: the whole message is lost", c.NodeID)
		return
	}
	if c.DiscoKey != nil && c.Online != nil && !*c.Online && (c.LastSeen == nil || (old.LastSeen != nil && !c.LastSeen.After(*old.LastSeen))) {
		bad.addf("patch of %d has a DiscoKey, is offline and has no newer LastSeen: it is dropped", c.NodeID)
	}
}

func checkNode(bad *complaints, what string, n *tailcfg.Node) {
	switch {
	case n.ID <= 0 || n.StableID == "":
		bad.addf("%s has ID %d and StableID %q", what, n.ID, n.StableID)
	case n.Key.IsZero() || n.Machine.IsZero():
		bad.addf("%s has no key", what)
	case !strings.HasSuffix(n.Name, ".") || strings.Count(n.Name, ".") < 2 || len(n.Name) > 256:
		bad.addf("%s is called %q", what, n.Name)
	case len(n.Addresses) == 0:
		bad.addf("%s has no address", what)
	case n.User == 0 || (len(n.Tags) > 0) != (n.User == TaggedDevices) && !n.Expired:
		bad.addf("%s has tags %v and user %d", what, n.Tags, n.User)
	case !n.MachineAuthorized && !n.Expired && what != "Node":
		bad.addf("%s is not authorized", what)
	case !n.Hostinfo.Valid() && !n.Expired:
		bad.addf("%s has no Hostinfo", what)
	}
	for _, a := range n.Addresses {
		if !a.IsSingleIP() {
			bad.addf("%s has address %v", what, a)
		}
	}
	for _, a := range n.AllowedIPs {
		if a != a.Masked() {
			bad.addf("%s has AllowedIPs with host bits: %v", what, a)
		}
	}
}

// checkTogether: what no two nodes of one map may share.
func checkTogether(bad *complaints, self *tailcfg.Node, peers map[tailcfg.NodeID]*tailcfg.Node) {
	owner := map[string]tailcfg.NodeID{}
	claim := func(n *tailcfg.Node, what string) {
		if other, taken := owner[what]; taken && other != n.ID {
			bad.addf("nodes %d and %d both have %s", other, n.ID, what)
		}
		owner[what] = n.ID
	}
	all := []*tailcfg.Node{}
	if self != nil {
		all = append(all, self)
	}
	for _, p := range peers {
		all = append(all, p)
	}
	for _, n := range all {
		claim(n, n.Key.String())
		claim(n, string(n.StableID))
		claim(n, n.Name)
		if !n.DiscoKey.IsZero() {
			claim(n, n.DiscoKey.String())
		}
		for _, a := range n.Addresses {
			claim(n, a.String())
		}
		if self != nil && suffix(n.Name) != suffix(self.Name) {
			bad.addf("%s is not in the domain of %s", n.Name, self.Name)
		}
	}
}

func suffix(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	return rest
}

// checkFilters: a rule with host bits vanishes, one with bit counts beside the
// address denies everything.
func checkFilters(bad *complaints, m *tailcfg.MapResponse) {
	for _, rules := range append([][]tailcfg.FilterRule{m.PacketFilter}, values(m.PacketFilters)...) {
		for _, r := range rules {
			if len(r.SrcBits) > 0 {
				bad.addf("a filter has SrcBits: the client denies everything")
			}
			for _, d := range r.DstPorts {
				if d.Bits != nil {
					bad.addf("a filter has Bits: the client denies everything")
				}
			}
			if len(r.DstPorts) > 0 && len(r.CapGrant) > 0 {
				bad.addf("a filter has DstPorts and CapGrant")
			}
		}
	}
}

func values[K comparable, V any](m map[K]V) (out []V) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// checkJSON finds what decodes and does harm all the same: a name twice in one
// object, null in an array (one in PeersChangedPatch ends the client's
// process), NUL in text.
func checkJSON(bad *complaints, text []byte) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var value func(where string) bool
	value = func(where string) bool {
		tok, err := dec.Token()
		if err != nil {
			bad.addf("JSON: %v", err)
			return false
		}
		switch tok {
		case json.Delim('['):
			for dec.More() {
				if !value(where + "[]") {
					return false
				}
			}
		case json.Delim('{'):
			names := map[string]bool{}
			for dec.More() {
				name, err := dec.Token()
				if err != nil {
					bad.addf("JSON: %v", err)
					return false
				}
				if names[name.(string)] {
					bad.addf("%s has %q twice", where, name)
				}
				names[name.(string)] = true
				if !value(where + "." + name.(string)) {
					return false
				}
			}
		case nil:
			if strings.HasSuffix(where, "[]") {
				bad.addf("%s holds null", where)
			}
			return true
		default:
			if s, ok := tok.(string); ok && strings.ContainsRune(s, 0) {
				bad.addf("%s holds a NUL", where)
			}
			return true
		}
		_, err = dec.Token() // the closing bracket
		return err == nil
	}
	value("")
}

// checkFrames: several zstd frames in one message are fine as long as none
// says how long its content is; else the client copies all it has at each.
func checkFrames(bad *complaints, wire []byte) {
	frames, sized := 0, 0
	for rest := wire; len(rest) > 0; frames++ {
		var h zstd.Header
		if err := h.Decode(rest); err != nil || h.Skippable {
			return // what does not decode has been said elsewhere
		}
		if h.HasFCS {
			sized++
		}
		n := frameLength(rest, &h)
		if n < 0 {
			return
		}
		rest = rest[n:]
	}
	if frames > 1 && sized > 0 {
		bad.addf("%d zstd frames, %d of them with a content size", frames, sized)
	}
}

// frameLength is the length of the frame at the start of b, -1 if it is cut.
func frameLength(b []byte, h *zstd.Header) int {
	const rle = 1
	for at := h.HeaderSize; at+3 <= len(b); {
		block := int(b[at]) | int(b[at+1])<<8 | int(b[at+2])<<16
		at += 3
		if block>>1&3 == rle {
			at++
		} else {
			at += block >> 3
		}
		if block&1 == 1 {
			if h.HasCheckSum {
				at += 4
			}
			if at > len(b) {
				return -1
			}
			return at
		}
	}
	return -1
}
