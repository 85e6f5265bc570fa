"""Through what: the transports, in and out.

Owns: ChannelAccount, InboundMessage, OutboundMessage, Attachment, ChatSession. Publishes: MessageReceived,
MessageQueued, MessageReturned, CallReceived, MediaAnnounced. May call: accounts, journal, tenants, core.

Raw input is stored before it is read; what cannot be read is quarantined with its reason; one channel
message enters once.
"""
