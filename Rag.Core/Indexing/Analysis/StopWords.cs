using System.Collections.Frozen;

namespace Rag.Core.Indexing.Analysis;

/// <summary>Function words that carry no topic, per language, in the spelling that <see cref="LetterFolding"/> gives them.</summary>
internal static class StopWords
{
    public static readonly FrozenSet<string> English = Set(
        """
        a about above after again against all also although am among an and any are aren't as at be because been before being below
        between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each either etc ever every
        few for from further had hadn't has hasn't have haven't having he he'd he'll he's hence her here here's hers herself him himself
        his how how's however i i'd i'll i'm i've if in into is isn't it it's its itself let's many may me might more most much must mustn't my
        myself neither no nor not of off on once only onto or other ought our ours ourselves out over own per rather same shall shan't she
        she'd she'll she's should shouldn't since so some such than that that's the their theirs them themselves then there there's
        therefore these they they'd they'll they're they've this those though through thus to too under until up upon very via was
        wasn't we we'd we'll we're we've were weren't what what's when when's where where's whether which while who who's whom whose why
        why's will with within without won't would wouldn't yet you you'd you'll you're you've your yours yourself yourselves
        """);

    public static readonly FrozenSet<string> German = Set(
        """
        aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes auch auf aus bei beim bin bis bist
        da damit dann das dass dasselbe dein deine deinem deinen deiner dem demselben den denn denselben der derer derselbe des dessen
        dich die dies diese dieselbe diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines einige einigem
        einigen einiger einiges er es etwas euch euer eure eurem euren eurer für gegen gewesen hab habe haben hat hatte hatten hier hin
        hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem ins ist ja jede jedem jeden jeder jedes jene jenem jenen jener
        jetzt kann kein keine keinem keinen keiner können könnte mein meine meinem meinen meiner mich mir mit muss musste nach nicht
        nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner selbst sich sie sind so solche solchem solchen solcher soll
        sollte sondern sonst um und uns unser unsere unserem unseren unserer unter über viel vom von vor wann war waren warst warum was
        weg weil welche welchem welchen welcher welches wenn wer werde werden wie wieder will wir wird wirst wo wollen worden wurde
        wurden während würde würden zu zum zur zwar zwischen
        """);

    public static readonly FrozenSet<string> Russian = Set(
        """
        а без более бы был была были было быть в вам вас весь во вот все всего всех всю вы где да даже для до его ее ей ему если есть еще
        же за здесь и из или им их к как какая какие каким какой какого каком какую когда кого которая которого которой котором которые
        который кто ли между меня мне много может можно мой мы на над надо наш не него нее ней нельзя нет ни них но ну о об однако он она
        они оно от очень по под после при про с сам сколько со так также такие такой там те тем то того тоже той только том ты у уже хотя
        чего чей чем через что чтобы чье чья эта эти этих это этого этой этом этот я
        """);

    private static FrozenSet<string> Set(string words) =>
        words.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
