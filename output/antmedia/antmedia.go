// Package antmedia knows Ant Media Server beyond RTMP: what its REST API says of
// a stream, and what can be done there.
//
// A [Client] asks the API. A [Dialer] stands around output/rtmp's: once the server's
// app has taken the connection, it has the broadcast made, a session of ours that
// the server still holds ended, and what shows that we may publish added to this
// one connect; and it puts a refusal without a reason into words. A [Watch] asks,
// while we publish, what arrives, and says what is wrong and likely why.
//
// All of it is help, and none of it is needed: the API may be away, hang, or
// answer nonsense, and the stream is published all the same. It is asked nothing
// before the server's app has answered on RTMP: a server that is asked while it
// starts can come up with its access control off.
//
// What is decided, whose session it is, why the server refused, whether the stream
// arrives, is decided by pure functions of what was seen.
package antmedia
