package main

import "airloom/output"

// Causes that only the doctor tells.
const (
	causeNotReceived output.Cause = "not-received" // as the alert antmedia-not-received
	causeHeld        output.Cause = "id-held"      // by whom is not known
)

type remedy struct{ why, remedy string }

// remedyOf is the remedy, with what the API takes off the operator where there is one.
func remedyOf(cause output.Cause, api bool) remedy {
	if r, ok := withAPI[cause]; ok && api {
		return r
	}
	return remedies[cause]
}

// withAPI is what differs once antmedia.api is set.
var withAPI = map[output.Cause]remedy{
	output.CauseGhost: {
		why:    "The server still believes in a session of ours that is gone, and refuses the next for up to 20 s.",
		remedy: "Nothing: the channel has the server end it. Where it is still there after 20 s, see what the findings on the API tell.",
	},
	output.CauseIDUnknown: {
		why:    remedies[output.CauseIDUnknown].why,
		remedy: "Let the channel create the stream, antmedia.create: true; or create it in the server's panel, with the id as in the url.",
	},
	output.CauseNoReason: {
		why:    "The server knows the id, and nobody holds it: it asks for a token, JWT, hash or one-time password, or its webhook forbids the stream.",
		remedy: "See in the app's settings what it asks for, and set antmedia.publish. Otherwise the server's log of that moment tells.",
	},
}

// remedies is why each cause matters beyond "nothing can be sent", and what to do.
var remedies = map[output.Cause]remedy{
	causeNotReceived: {
		why:    "It goes by another id there, or antmedia.api leads to another server than the output's url: nobody finds the stream where it is looked for.",
		remedy: "Compare antmedia.api with the output's url: the same server, the same app, and in the url nothing between the app and the id. The server's panel shows under which id the stream arrives.",
	},
	causeHeld: {
		why:    "As long as it is held, the server refuses the channel's stream.",
		remedy: "Look again in 20 s: a session of the channel's own is gone or told of by then. Otherwise stop the other one, or write another stream id.",
	},
	output.Cause(output.KindName): {
		remedy: "Check the spelling of the output's url, then the resolver: 'getent hosts NAME' should answer.",
	},
	output.Cause(output.KindUnreachable): {
		remedy: "See whether the server runs and listens at that port, and whether a firewall stands between: 'nc -vz HOST PORT' should connect.",
	},
	output.Cause(output.KindTLS): {
		remedy: "Have the server show a certificate for that very name by an authority that this machine trusts, not one that has ended; 'openssl s_client -connect HOST:PORT' shows it. Or write rtmp:// where no encryption is wanted.",
	},
	output.Cause(output.KindRefused): {
		remedy: "Look into the server's log for that moment: what it means by this, it tells only there.",
	},
	output.CauseAppUnknown: {
		remedy: "Compare the url's application with the server's: on Ant Media Server its name stands in the panel at the left, with upper and lower case, mostly LiveApp.",
	},
	output.CauseIDInUse: {
		why:    "Two cannot send under one id: the second is refused.",
		remedy: "Stop the other one, or write another stream id. Where it should go by itself: antmedia.takeover: true.",
	},
	output.CauseGhost: {
		why:    "The server still believes in a session of ours that is gone, and refuses the next for up to 20 s.",
		remedy: "Wait 20 s. With antmedia.api set, the channel ends such a session itself, at once.",
	},
	output.CauseIDUnknown: {
		why:    "This server takes only streams that were created there before (acceptOnlyStreamsInDataStore).",
		remedy: "Create the stream in the server's panel, with the id as in the url. With antmedia.api set, the channel creates it itself.",
	},
	output.CauseNoReason: {
		why: "It was an id of the doctor's own, which nobody else sends under: the server takes only ids that were created there (acceptOnlyStreamsInDataStore), " +
			"asks for a token, or has a webhook that forbids it. Whether it takes the configured id shows on air.",
		remedy: "With Ant Media Server, set antmedia.api: then the doctor finds out which it is. Otherwise the server's log of that moment tells.",
	},
	output.CauseIDInvalid: {
		remedy: "Write an id of letters, digits, dot, dash and underscore alone.",
	},
	output.CauseNotNow: {
		remedy: "The stream is planned for other dates: change them in the server's panel.",
	},
	output.CauseCredential: {
		remedy: "Check the token, secret or JWT: the one in the url, or the keys under antmedia.",
	},
	output.CauseForbidden: {
		remedy: "Enter this machine's address in the server's filter of addresses.",
	},
	output.CauseBusy: {
		why:    "It refuses new streams while its processor or memory is above its limit; one that runs is not ended, one that breaks does not come back.",
		remedy: "Find out what keeps the server busy. The limits stand in its conf/red5.properties: server.cpu_limit and server.memory_limit_percentage, in percent.",
	},
}
