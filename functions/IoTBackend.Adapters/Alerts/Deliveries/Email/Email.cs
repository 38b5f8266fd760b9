using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Signals;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace IoTBackend.Adapters.Alerts.Deliveries.Email;

/// <summary>
/// E-mail by SMTP (RFC 5321), with a plain and an HTML part. The message of an episode's beginning has an id made of the episode, and
/// all that follow refer to it, so that an episode is one thread. 4yz means later, 5yz means never (RFC 5321, 4.2.1).
/// </summary>
public sealed class Email(AlertsOptions options, TimeProvider time) : ChannelOf<EmailChannel>
{
    /// <summary>A server's certificate that tests made.</summary>
    internal X509Certificate2? AlsoTrusted { get; init; }

    protected override async Task<DeliveryOutcome> SendAsync(EmailChannel channel, Core.Alerts.Deliveries.Message message, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(IChannel.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var mail = Mail(channel, message, time.GetUtcNow());
            using var client = new SmtpClient { LocalDomain = "iot-backend", CheckCertificateRevocation = false };
            if (AlsoTrusted is { } own)
                client.ServerCertificateValidationCallback = (_, certificate, _, errors) => errors == SslPolicyErrors.None || own.Equals(certificate);
            await ConnectAsync(client, channel, either.Token);
            if (channel is { User: { } user, Secret: { } password })
                await client.AuthenticateAsync(user, password, either.Token);
            var answer = await client.SendAsync(mail, either.Token);
            await client.DisconnectAsync(quit: true, either.Token);
            return new(Delivered: true, answer);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(Delivered: false, $"No answer within {IChannel.Timeout.TotalSeconds:0} s.");
        }
        catch (ForbiddenTargetException e)
        {
            return new(Delivered: false, e.Message, IsFinal: true);
        }
        catch (SmtpCommandException e)
        {
            // 5yz about this message or its recipients stays so; the server's own trouble may pass.
            return new(Delivered: false, $"{(int)e.StatusCode} {e.Message}", IsFinal: (int)e.StatusCode >= 500 && e.ErrorCode != SmtpErrorCode.UnexpectedStatusCode);
        }
        catch (Exception e) when (e is ProtocolException or AuthenticationException or SslHandshakeException or ServiceNotConnectedException or NotSupportedException or SocketException or IOException)
        {
            return new(Delivered: false, e is SslHandshakeException ? "The server's certificate could not be verified, or it speaks no TLS." : e.Message);
        }
    }

    private async Task ConnectAsync(SmtpClient client, EmailChannel channel, CancellationToken cancellationToken)
    {
        var socket = await GuardedConnection.ConnectAsync(new DnsEndPoint(channel.Host!, channel.Port), options.AllowPrivateTargets, AlertsOptions.PrivateSetting, cancellationToken);
        try
        {
            await client.ConnectAsync(socket, channel.Host!, channel.Port, channel.Security switch
            {
                MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
                MailSecurity.None => SecureSocketOptions.None,
                _ => SecureSocketOptions.StartTls,
            }, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal static MimeMessage Mail(EmailChannel channel, Core.Alerts.Deliveries.Message message, DateTimeOffset now)
    {
        var from = channel.From ?? "";
        var domain = from[(from.IndexOf('@') + 1)..];
        var mail = new MimeMessage { Subject = Words.Title(message), Date = now, MessageId = $"{message.Id}@{domain}" };
        mail.From.Add(new MailboxAddress("IoT Backend", from));
        mail.To.AddRange(channel.To.Select(MailboxAddress.Parse));
        if (message.Alone is { } notice)
        {
            // The thread's root: the id that the first message of this episode had or would have had.
            var root = (notice with { Type = NoticeType.Opened, Occurrence = "" }).IdFor(channel.Name) + "@" + domain;
            if (root != mail.MessageId)
            {
                mail.InReplyTo = root;
                mail.References.Add(root);
            }

            // Threads are told by their subjects too.
            if (notice.Type != NoticeType.Opened)
                mail.Subject = $"Re: {Words.Title(notice with { Type = NoticeType.Opened })}";
        }

        if (message.Notices.Any(n => n.Alert.Severity == Severity.Critical && n.Type != NoticeType.Cleared))
            mail.Importance = MessageImportance.High;
        // Out-of-office answers are of no use to anybody (RFC 3834).
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        mail.Body = new BodyBuilder { TextBody = MailText.Plain(message, channel.Name), HtmlBody = MailText.Html(message, channel.Name) }.ToMessageBody();
        return mail;
    }
}
