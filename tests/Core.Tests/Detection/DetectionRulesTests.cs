using System.Text;
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
    [InlineData("serviceInterval", "\"PT30M\"", "serviceInterval must be PT1H to P40000D.")]
    [InlineData("serviceInterval", "\"P40001D\"", "serviceInterval must be PT1H to P40000D.")]
    [InlineData("reportingInterval", "\"P367D\"", "reportingInterval must be PT1S to P366D.")]
    [InlineData("falseAlarmsPer1000DeviceDays", "0.0005", "falseAlarmsPer1000DeviceDays must be 0.001 to 1000.")]
    [InlineData("flappingSilences", "1", "flappingSilences must be 2 to 50.")]
    [InlineData("battery", "{\"chemistry\":\"lead\"}", "battery.chemistry must be one of li-ion, lifepo4, alkaline, li-socl2, cr.")]
    [InlineData("battery", "{\"lowPercent\":5,\"criticalPercent\":6}", "battery.criticalPercent must not be above lowPercent.")]
    public void A_policy_and_the_api_refuse_the_same_in_the_same_words(string member, string value, string reason)
    {
        Assert.Equal(reason, StrictJson.Read<DeviceModel>(Encoding.UTF8.GetBytes($$"""{"{{member}}":{{value}}}""")).Reason);
        Assert.Equal($"model *: {reason}", Parse($$"""{"models":[{"match":"*","{{member}}":{{value}}}]}""").Reason);
    }

    [Fact]
    public void A_member_nobody_reads_is_named_and_no_obstacle() =>
        Assert.Equal(["model *: The member 'battery.lowPrecent' is not known; did you mean 'lowPercent'?"], Parse("""{"models":[{"match":"*","battery":{"lowPrecent":5}}]}""").Value!.Ignored);

    [Fact]
    public void A_glob_that_is_none_is_refused() => Assert.NotNull(Parse("""{"models":[{"match":"[z-a]"}]}""").Reason);

    [Fact]
    public void A_batterys_fields_may_stand_beside_the_others() =>
        Assert.Equal("model *: battery.lowPercent must be 0 to 100.", Parse("""{"models":[{"match":"*","chemistry":"cr","lowPercent":120}]}""").Reason);

    private static Result<DetectionRules> Parse(string json) => DetectionRules.Parse(Encoding.UTF8.GetBytes(json));
}
