// Package oldest pins the oldest Tailscale release that headrace serves.
//
// It has a module of its own because two versions of one module cannot meet
// in one build; "make interop" builds tailscale and tailscaled from it.
package oldest
