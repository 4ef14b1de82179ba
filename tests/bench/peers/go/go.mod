module poller-peers

go 1.18

require (
	github.com/scrapli/scrapligo v1.2.0
	golang.org/x/crypto v0.24.0
)

require (
	github.com/creack/pty v1.1.18 // indirect
	github.com/sirikothe/gotextfsm v1.0.1-0.20200816110946-6aa2cfd355e4 // indirect
	golang.org/x/sys v0.21.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
