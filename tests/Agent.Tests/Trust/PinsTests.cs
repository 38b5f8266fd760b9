using System.Security.Cryptography;
using System.Text.Json;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Trust;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace Agent.Tests.Trust;

public sealed class PinsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");
    private readonly string _ours = NewKey();
    private readonly string _theirs = NewKey();

    [Fact]
    public void The_server_cannot_replace_what_was_pinned_at_enrolment()
    {
        Open().Enrolled([new("sensor", new() { Keys = [new(_ours)] })]);
        Assert.True(Open().Sees("sensor", new() { Keys = [new(_theirs)] }));
        Assert.True(Open().TryFind("sensor", out var rules));
        Assert.Equal(_ours, rules!.Keys.Single().Pem);
    }

    [Fact]
    public void A_track_that_comes_later_is_pinned_as_it_is_first_seen()
    {
        Assert.False(Open().Sees("camera", new() { Keys = [new(_ours)] }));
        Assert.True(Open().Sees("camera", new() { Keys = [new(_theirs)] }));
        Assert.True(Open().TryFind("camera", out var rules) && rules!.Keys.Single().Pem == _ours);
    }

    [Fact]
    public void Pinned_as_unsigned_stays_unsigned_and_the_devices_own_file_goes_before_all()
    {
        Open().Enrolled([new("sensor", null)]);
        Assert.True(Open().TryFind("sensor", out var rules) && rules is null);
        var own = Open(new() { Tracks = new Dictionary<string, SignatureRules> { ["sensor"] = new() { Keys = [new(_ours)] } } });
        Assert.True(own.TryFind("sensor", out rules) && rules is not null);
    }

    [Fact]
    public void A_rule_without_a_number_asks_for_one_signature() =>
        Assert.Equal(1, Parse(JsonSerializer.Serialize(new { keys = new[] { _ours } }))!.AtLeast);

    [Theory]
    [InlineData("""{"keys":["x"],"atLeast":0}""")]
    [InlineData("""{"keys":["x"],"newer":true}""")]
    [InlineData("""{"keys":"x"}""")]
    [InlineData("""[]""")]
    public void Half_a_rule_is_none(string text) => Assert.Throws<JsonException>(() => Parse(text));

    [Fact]
    public void A_file_of_pins_that_cannot_be_read_stops_the_agent()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "pins.json"), "{");
        Assert.Throws<IOException>(() => Open());
    }

    public void Dispose() => _folder.Delete(recursive: true);

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
