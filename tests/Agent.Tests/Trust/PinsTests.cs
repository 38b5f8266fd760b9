using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Trust;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace Agent.Tests.Trust;

public sealed class PinsTests : IDisposable
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");
    private readonly string _ours = NewKey();
    private readonly string _theirs = NewKey();

    [Fact]
    public void The_server_cannot_replace_what_was_pinned_at_enrolment()
    {
        Open().Add([new("sensor", Signed(_ours))]);
        Assert.True(Open().Sees("sensor", Signed(_theirs)));
        Assert.Equal(_ours, Open().Find("sensor")!.Signature!.Keys.Single().Pem);
    }

    [Fact]
    public void A_track_that_comes_later_is_pinned_as_it_is_first_seen()
    {
        Assert.False(Open().Sees("camera", Signed(_ours)));
        Assert.True(Open().Sees("camera", Signed(_theirs)));
        Assert.Equal(_ours, Open().Find("camera")!.Signature!.Keys.Single().Pem);
    }

    [Fact]
    public void Where_signatures_are_required_a_track_that_comes_later_brings_no_key_of_its_own()
    {
        var required = new SignatureConfiguration { Required = true };
        Open(required).Add([new("sensor", Signed(_ours))]);
        Open(required).Sees("x1", Signed(_theirs));
        Assert.Null(Open(required).Find("x1"));
        Assert.NotNull(Open(required).Find("sensor"));
    }

    [Fact]
    public void A_server_that_names_new_tracks_without_end_fills_no_file_that_cannot_be_read_again()
    {
        var pins = Open();
        // Near the most that a rule may have, and it grows sixfold when it is written.
        var rule = new Pin(new() { Keys = [new(_ours)], Identities = [new(new string('<', 5000), "s")] }, "registry.example.com/a");
        var refused = Enumerable.Range(0, 150).Count(i => Record.Exception(() => pins.Sees($"x{i}", rule)) is InvalidDataException);
        Assert.Equal(50, refused);
        Assert.NotNull(Open().Find("x99"));
        Assert.Null(Open().Find("x100"));
    }

    [Fact]
    public void A_disk_that_takes_no_pin_leaves_none_in_memory_that_would_be_gone_with_the_process()
    {
        var pins = Open();
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "pins.json.new"));
        Assert.ThrowsAny<Exception>(() => pins.Sees("sensor", Signed(_ours)));
        Assert.Null(pins.Find("sensor"));
    }

    [Fact]
    public void Pinned_as_unsigned_stays_unsigned_and_the_devices_own_file_goes_before_all()
    {
        Open().Add([new("sensor", new(null))]);
        Assert.Equal(new Pin(null), Open().Find("sensor"));
        var own = Open(new() { Tracks = new Dictionary<string, SignatureRules> { ["sensor"] = new() { Keys = [new(_ours)] } } });
        Assert.NotNull(own.Find("sensor")!.Signature);
    }

    [Fact]
    public void A_pin_keeps_whose_time_stamps_count()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        Open().Add([new("sensor", new(new SignatureRules { Keys = [new(_ours)], Timestamps = [authority.ExportCertificatePem()] }))]);
        Assert.Equal([authority.ExportCertificatePem()], Open().Find("sensor")!.Signature!.Timestamps);
    }

    [Fact]
    public void A_rule_without_a_number_asks_for_one_signature() =>
        Assert.Equal(1, Parse(JsonSerializer.Serialize(new { keys = new[] { _ours } }))!.AtLeast);

    [Theory]
    [InlineData("""{"keys":["x"],"atLeast":0}""")]
    [InlineData("""{"keys":["x"],"newer":true}""")]
    [InlineData("""{"keys":"x"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"keys":["x"]}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"keys":["\ud800"]}""")]
    public void Half_a_rule_is_none(string text) => Assert.Throws<InvalidDataException>(() => Parse(text));

    [Theory]
    [InlineData(900_000)]
    [InlineData(6_000)]
    public void A_rule_that_would_fill_the_device_is_none(int length) => Assert.Throws<InvalidDataException>(() => Parse(
        JsonSerializer.Serialize(new { keys = new[] { _ours }, identities = new[] { new { subject = new string('<', length) } } }, Plain)));

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("""{"sensor":null}""")]
    public void A_file_of_pins_that_cannot_be_read_stops_the_agent(string text)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "pins.json"), text);
        Assert.Throws<IOException>(() => Open());
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Pin Signed(string key) => new(new() { Keys = [new(key)] }, "registry.example.com/a");

    private static SignatureRules? Parse(string text)
    {
        using var json = JsonDocument.Parse(text);
        return Pins.Parse(json.RootElement);
    }

    private Pins Open(SignatureConfiguration? own = null) => new(Path.Combine(_folder.FullName, "pins.json"), own ?? new());

    private static string NewKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportSubjectPublicKeyInfoPem();
    }
}
