// golang.org/x/crypto/ssh, a goroutine for each session, the best that it can be made to do: host
// keys are not looked up, the password is the one method, the key exchange and cipher are those
// that cost least (its own choice with this server), TCP_NODELAY is Go's default, the prompt is
// compared as bytes, and it runs on all cores.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"

	"golang.org/x/crypto/ssh"

	"poller-peers/work"
)

type terminal struct {
	in     io.Writer
	out    io.Reader
	prompt []byte
	buffer []byte
}

// untilPrompt returns what came before the prompt; the first time it learns the prompt.
func (t *terminal) untilPrompt() ([]byte, error) {
	filled := 0
	for {
		if filled == len(t.buffer) {
			t.buffer = append(t.buffer, make([]byte, len(t.buffer))...)
		}
		n, err := t.out.Read(t.buffer[filled:])
		filled += n
		got := t.buffer[:filled]
		if t.prompt == nil && (bytes.HasSuffix(got, []byte(">")) || bytes.HasSuffix(got, []byte("#"))) {
			last := got[bytes.LastIndexByte(got, '\n')+1:]
			t.prompt = append([]byte("\n"), last...)
			return nil, nil
		}
		if t.prompt != nil && bytes.HasSuffix(got, t.prompt) {
			return got[:filled-len(t.prompt)], nil
		}
		if err != nil {
			return nil, fmt.Errorf("the session ended early: %w", err)
		}
	}
}

func byShell(w *work.Work, session *ssh.Session) error {
	in, err := session.StdinPipe()
	if err != nil {
		return err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return err
	}
	if err := session.RequestPty("vt100", 1000, 511, nil); err != nil {
		return err
	}
	if err := session.Shell(); err != nil {
		return err
	}
	t := terminal{in: in, out: out, buffer: make([]byte, 4096)}
	if _, err := t.untilPrompt(); err != nil {
		return err
	}
	for number := -1; number < len(w.Commands); number++ {
		input := work.PagerOff
		if number >= 0 {
			input = w.Commands[number]
		}
		if _, err := io.WriteString(in, input+"\n"); err != nil {
			return err
		}
		output, err := t.untilPrompt()
		if err != nil {
			return err
		}
		if number >= 0 {
			if err := w.Check(number, string(output)); err != nil {
				return err
			}
		}
	}
	if _, err := io.WriteString(in, "exit\n"); err != nil {
		return err
	}
	_ = session.Wait() // the device gives no exit status
	return nil
}

func byExec(w *work.Work, client *ssh.Client) error {
	for number, command := range w.Commands {
		session, err := client.NewSession()
		if err != nil {
			return err
		}
		output, err := session.Output(command)
		if _, none := err.(*ssh.ExitMissingError); err != nil && !none {
			return err
		}
		if err := w.Check(number, string(output)); err != nil {
			return err
		}
	}
	return nil
}

func visit(w *work.Work, at work.Target) error {
	client, err := ssh.Dial("tcp", net.JoinHostPort(at.Host, at.Port), &ssh.ClientConfig{
		User:            w.User,
		Auth:            []ssh.AuthMethod{ssh.Password(w.Password)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		Timeout:         work.Limit,
	})
	if err != nil {
		return err
	}
	defer client.Close()
	if w.IsExec {
		return byExec(w, client)
	}
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	return byShell(w, session)
}

func main() { work.Run(visit) }
