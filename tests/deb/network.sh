# tests/deb/network.sh -- a network that leads nowhere: clients wait while there is none at all.
ip link set lo up
ip link add uplink type veth peer name nowhere
ip link set nowhere up
ip link set uplink up
ip address add 192.0.2.1/24 dev uplink
ip route add default via 192.0.2.2
