//! The home page: what Baton is, readable without scripts.

use leptos::prelude::*;

use crate::components::hero::Hero;
use crate::components::panel::Panel;
use crate::components::steps::Steps;

#[component]
pub(crate) fn HomePage() -> impl IntoView {
    view! {
        <Hero />
        <Steps />
        <div class="columns">
            <Panel id="lost-title" title="A lost answer is no theft">
                <p>
                    "Most systems of this kind cannot tell a thief from a train tunnel. Either a lost answer logs \
                    you out, or the old token keeps working for a while, for the thief as well."
                </p>
                <p>
                    "Here every attempt to pass the baton carries a number of its own. The same attempt may ask \
                    again, however late, and gets the same answer. Another party is found out at once."
                </p>
            </Panel>
            <Panel id="limits-title" title="What it does not do">
                <p>
                    "A script that runs inside the page can ask for an access token just as the page does. Rotation \
                    does not stop that; a strict content policy and careful code do."
                </p>
                <p>
                    "And a cookie that is stolen and used before you come back is found out when you do, not before."
                </p>
            </Panel>
        </div>
    }
}
