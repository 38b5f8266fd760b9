using System.Text;
using System.Text.Json;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace Core.Tests.Detection;

public sealed class DetectionRulesTests
{
    [Fact]
    public void The_first_model_that_matches_applies()
    {
        var rules = Parse("""{"groups":{"site":{"shares":"gateway"}},"models":[{"match":"lib[12]-*","group":"site","reportingInterval":"PT1M","lowVoltage":2.7},{"match":"*"}]}""").Value!;
        var (policy, group) = rules.For("lib2-7");
        Assert.Equal((TimeSpan.FromMinutes(1), 2.7, "site"), (policy.ReportingInterval, policy.Battery.LowVoltage, group));
        Assert.Equal((null, null), (rules.For("LIB2-7").Policy.ReportingInterval, rules.For("lib3-1").Group));
    }

    [Fact]
    public void All_errors_are_told_at_once()
    {
        var reason = Parse("""{"groups":{"g":{"quorum":7}},"models":[{"match":"a","group":"nowhere","lowPercent":120},{"match":"b","reportingInterval":"soon"},{"group":"g"}]}""").Reason!;
        Assert.Equal(5, reason.Split('\n').Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("""{"models":[{"match":"a","lowVoltage":"high"}]}""")]
    public void What_is_no_document_of_rules_is_refused_with_a_reason(string json) => Assert.NotEmpty(Parse(json).Reason!);

    [Theory]
    [InlineData("serviceInterval", "PT30M")]
    [InlineData("falseAlarmsPer1000DeviceDays", 0.0001)]
    [InlineData("reportingInterval", "P400D")]
    [InlineData("chemistry", "lead")]
    public void The_rules_a_file_may_hold_are_those_the_API_takes(string field, object value)
    {
        var json = JsonSerializer.Serialize(value);
        var file = Parse($$"""{"models":[{"match":"*","{{field}}":{{json}}}]}""").Reason!;
        var body = field == "chemistry" ? "{\"battery\":{\"chemistry\":" + json + "}}" : $$"""{"{{field}}":{{json}}}""";
        Assert.Equal(file, $"model *: {JsonSerializer.Deserialize<ModelRequest>(body, WireJson.Options)!.Check()}");
    }

    private static Result<DetectionRules> Parse(string json) => DetectionRules.Parse(Encoding.UTF8.GetBytes(json));
}
