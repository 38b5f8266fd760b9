using System.Text.Json;
using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Trust;
using IoTBackend.Agent.Updates;

namespace Agent.Tests.Updates;

public sealed class DesiredWorkloadsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");
    private readonly StateFile _state;
    private readonly DesiredWorkloads _workloads;
    private int _told;

    public DesiredWorkloadsTests()
    {
        _state = StateFile.Open(Path.Combine(_folder.FullName, "state.json"), _ => { });
        _workloads = new(_state, new Pins(Path.Combine(_folder.FullName, "pins.json"), new()), _ => { }, () => _told++);
    }

    [Fact]
    public void An_update_that_cannot_be_written_down_is_told_as_deferred_and_is_asked_for_again()
    {
        _workloads.Apply(Wants('a'));
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "state.json.new"));
        Assert.ThrowsAny<Exception>(() => _workloads.Apply(Wants('b')));
        Assert.Equal(("deferred", Device.Image('b').Release), (_state.Read("sensor").Report?.State, _state.Read("sensor").Report?.Release));
        Assert.Equal((1, Device.Image('a')), (_told, _state.Read("sensor").Trial?.Target));
    }

    [Fact]
    public void A_server_that_was_never_told_anything_stops_nothing()
    {
        _workloads.Apply(Wants('a'));
        _workloads.Apply(new(0, []));
        Assert.NotNull(_state.Read("sensor").Trial);
    }

    [Fact]
    public void What_the_operator_has_tried_again_is_another_attempt()
    {
        _workloads.Apply(Wants('a'));
        _state.Change("sensor", r => r.PutBack("unhealthy"));
        _workloads.Apply(Wants('a'));
        Assert.Null(_state.Read("sensor").Trial);
        _workloads.Apply(Wants('a', attempt: 2));
        Assert.Equal(2, _state.Read("sensor").Trial?.Target.Attempt);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static DesiredDocument Wants(char image, int? attempt = null) => JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(
        new DesiredDocument(1, [new("sensor", Device.Image(image).Image, $"{image}", Device.Image(image).Release, attempt, null)]), WireJson.Default.DesiredDocument), WireJson.Default.DesiredDocument)!;
}
