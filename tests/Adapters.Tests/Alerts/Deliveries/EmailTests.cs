using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using IoTBackend.Adapters.Alerts.Deliveries.Email;
using IoTBackend.Core.Alerts.Deliveries;
using MimeKit;

namespace Adapters.Tests.Alerts.Deliveries;

/// <summary>Against npm's smtp-server, which does as it is told.</summary>
public sealed class EmailTests : IAsyncDisposable
{
    private static readonly X509Certificate2 Certificate = MakeCertificate();

    private Process? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_server is null)
            return;
        _server.Kill();
        await _server.WaitForExitAsync(CancellationToken.None);
        _server.Dispose();
    }

    [Theory]
    [InlineData(MailSecurity.StartTls)]
    [InlineData(MailSecurity.Tls)]
    public async Task A_mail_goes_encrypted_and_with_a_password(MailSecurity security)
    {
        var channel = await StartAsync(security, new { user = "iot", pass = "secret" }) with { User = "iot", Secret = "secret" };
        Assert.True((await SendAsync(channel, Sample.One())).Delivered);
        var (mail, envelope) = await ReceiveAsync();
        Assert.Equal((true, "iot", "ops@example.com"), (envelope.GetProperty("secure").GetBoolean(), envelope.GetProperty("user").GetString(), envelope.GetProperty("to")[0].GetString()));
        Assert.Equal(("Critical: device offline, pump-7", MessageImportance.High), (mail.Subject, mail.Importance));
        Assert.Contains("It is silent & <gone>.", mail.TextBody);
        Assert.Contains("It is silent &amp; &lt;gone&gt;.", mail.HtmlBody);
        Assert.Contains("https://iot.example.com/api/acknowledge?alert=", mail.TextBody);
    }

    [Fact]
    public async Task A_wrong_password_is_no_delivery_and_what_the_server_says_is_told()
    {
        var channel = await StartAsync(MailSecurity.StartTls, new { user = "iot", pass = "secret" }) with { User = "iot", Secret = "wrong" };
        var outcome = await SendAsync(channel, Sample.One());
        Assert.Equal((false, false), (outcome.Delivered, outcome.IsFinal));
        Assert.Contains("Invalid credentials", outcome.Reason);
    }

    [Fact]
    public async Task Without_encryption_nothing_is_sent_to_a_server_that_has_none()
    {
        var channel = await StartAsync(MailSecurity.StartTls, new { plain = true });
        Assert.False((await SendAsync(channel, Sample.One())).Delivered);
        Assert.True((await SendAsync(channel with { Security = MailSecurity.None }, Sample.One())).Delivered);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        var channel = await StartAsync(MailSecurity.StartTls, new { });
        var outcome = await new Email(new() { AllowPrivateTargets = true }, TimeProvider.System).SendAsync(channel, Sample.One(), Cancellation);
        Assert.Equal((false, "The server's certificate could not be verified, or it speaks no TLS."), (outcome.Delivered, outcome.Reason));
    }

    [Fact]
    public async Task Greylisting_is_come_back_to_and_a_refusal_for_good_is_not()
    {
        var channel = await StartAsync(MailSecurity.StartTls, new { refuse = new[] { 451, 0, 550 } });
        var (later, taken, never) = (await SendAsync(channel, Sample.One()), await SendAsync(channel, Sample.One()), await SendAsync(channel, Sample.One()));
        Assert.Equal((false, false, "451 Greylisted, come again"), (later.Delivered, later.IsFinal, later.Reason));
        Assert.True(taken.Delivered);
        Assert.Equal((false, true, "550 No such user here"), (never.Delivered, never.IsFinal, never.Reason));
    }

    [Fact]
    public async Task An_episode_is_one_thread()
    {
        var channel = await StartAsync(MailSecurity.StartTls, new { });
        var mails = new List<MimeMessage>();
        foreach (var type in new[] { NoticeType.Opened, NoticeType.Escalated, NoticeType.Acknowledged, NoticeType.Cleared })
        {
            Assert.True((await SendAsync(channel, Sample.One(type))).Delivered);
            mails.Add((await ReceiveAsync()).Mail);
        }

        Assert.Equal(4, mails.Select(m => m.MessageId).Distinct().Count());
        Assert.All(mails[1..], m => Assert.Equal((mails[0].MessageId, mails[0].MessageId, "Re: " + mails[0].Subject), (m.InReplyTo, m.References.Single(), m.Subject)));
    }

    [Fact]
    public async Task A_name_cannot_add_headers_and_a_storm_fits_into_a_mail()
    {
        var channel = await StartAsync(MailSecurity.StartTls, new { });
        var notice = Sample.Notice(summary: "a\r\nBcc: evil@example.com");
        Assert.True((await SendAsync(channel, Sample.Of(notice with { Alert = notice.Alert with { DeviceId = "x\r\nBcc: evil@example.com" } }))).Delivered);
        Assert.Equal((0, 1), ((await ReceiveAsync()) is var (mail, envelope) ? mail.Bcc.Count : -1, envelope.GetProperty("to").GetArrayLength()));
        Assert.True((await SendAsync(channel, Sample.Many())).Delivered);
        Assert.Equal("Critical: 5000 alerts", (await ReceiveAsync()).Mail.Subject);
    }

    [Fact]
    public async Task A_server_inside_the_network_is_not_connected_to_without_leave()
    {
        var channel = await StartAsync(MailSecurity.StartTls, new { });
        var outcome = await new Email(new(), TimeProvider.System).SendAsync(channel, Sample.One(), Cancellation);
        Assert.Equal((false, true), (outcome.Delivered, outcome.IsFinal));
    }

    [Theory]
    [InlineData("mailto:ops@example.com")]
    [InlineData("a(b@c.de")]
    public async Task An_address_that_is_none_is_given_up_and_nobody_throws(string address)
    {
        var channel = new EmailChannel { Name = "c", Host = "localhost", Port = 1, From = "iot@example.com", To = [address] };
        Assert.NotNull(channel.Check());
        var outcome = await SendAsync(channel, Sample.One());
        Assert.Equal((false, true), (outcome.Delivered, outcome.IsFinal));
    }

    [Fact]
    public async Task A_server_that_says_more_than_a_session_takes_is_hung_up_on()
    {
        await using var server = new OwnMailServer(greeting: async (stream, token) =>
        {
            var line = System.Text.Encoding.ASCII.GetBytes($"250-{new string('a', 60_000)}");
            while (true)
                await stream.WriteAsync(line, token);
        });
        var outcome = await SendAsync(server.Channel, Sample.One());
        Assert.Equal((false, "The server says more than 262144 bytes."), (outcome.Delivered, outcome.Reason));
    }

    [Fact]
    public async Task A_mail_that_was_taken_with_a_long_answer_is_delivered_and_a_line_of_it_told()
    {
        await using var server = new OwnMailServer(taken: $"250 \u0007{new string('a', 40_000)}");
        var outcome = await SendAsync(server.Channel, Sample.One());
        Assert.True(outcome.Delivered);
        Assert.Equal(300, outcome.Reason.Length);
        Assert.DoesNotContain(outcome.Reason, char.IsControl);
        Assert.Equal(1, server.Mails);
    }

    private static Task<DeliveryOutcome> SendAsync(EmailChannel channel, Message message) =>
        new Email(new() { AllowPrivateTargets = true }, TimeProvider.System) { AlsoTrusted = Certificate }.SendAsync(channel, message, Cancellation);

    private async Task<EmailChannel> StartAsync(MailSecurity security, object options)
    {
        var node = Path.Combine(Root(), "tests", "EndToEnd.Tests", "node");
        Assert.SkipUnless(Directory.Exists(Path.Combine(node, "node_modules", "smtp-server")), $"Run 'npm ci' in {node}, or scripts/test.");
        var settings = JsonSerializer.SerializeToNode(options)!.AsObject();
        (settings["secure"], settings["key"], settings["cert"]) = (security == MailSecurity.Tls, Certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem(), Certificate.ExportCertificatePem());
        _server = Process.Start(new ProcessStartInfo("node", ["smtp.mjs", settings.ToJsonString()]) { WorkingDirectory = node, RedirectStandardOutput = true, RedirectStandardInput = true })!;
        return new()
        {
            Name = "c",
            Host = "localhost",
            Port = (await LineAsync()).GetProperty("port").GetInt32(),
            Security = security,
            From = "iot@example.com",
            To = ["ops@example.com"],
        };
    }

    private async Task<(MimeMessage Mail, JsonElement Envelope)> ReceiveAsync()
    {
        var line = await LineAsync();
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(line.GetProperty("mail").GetString()!));
        return (await MimeMessage.LoadAsync(stream, Cancellation), line);
    }

    private async Task<JsonElement> LineAsync()
    {
        while (true)
        {
            var line = JsonDocument.Parse(await _server!.StandardOutput.ReadLineAsync(Cancellation) ?? throw new InvalidOperationException("The mail server ended.")).RootElement;
            if (!line.TryGetProperty("error", out _))
                return line;
        }
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "IoTBackend.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("Not inside the repository.");
        return folder.FullName;
    }
}
