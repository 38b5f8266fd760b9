using System.Net.Security;

namespace Azure.Messaging.EventHubs;

/// <summary>How the wire is laid.</summary>
public class EventHubConnectionOptions
{
    /// <summary>Where to connect instead of the namespace's own address; the host and port of it count.</summary>
    public Uri? CustomEndpointAddress { get; set; }

    /// <summary>Judges the server's certificate; default: the system's trust.</summary>
    public RemoteCertificateValidationCallback? CertificateValidationCallback { get; set; }

    /// <summary>The connection is dropped after this long without a frame, default 1 min.</summary>
    public TimeSpan ConnectionIdleTimeout { get; set; } = TimeSpan.FromMinutes(1);
}
